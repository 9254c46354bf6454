"""What a person looks at: the picture of the cue, the report page, the spotting notes."""
