"""The assessment chat: five reviewers over the computed criteria."""
