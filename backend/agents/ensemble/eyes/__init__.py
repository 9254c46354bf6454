"""Looking at the picture: which frames are shown, what is asked, what of the answer counts."""
