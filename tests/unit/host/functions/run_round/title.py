TITLE = "run-round"
