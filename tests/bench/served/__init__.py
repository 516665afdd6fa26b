"""Sources that functions-framework serves for a measurement: the baselines, and capture-lead on a bus in memory."""
