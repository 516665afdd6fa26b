TITLE = "take-lead"
