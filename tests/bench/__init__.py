"""``make bench``: what leadloop costs, as ratios to a baseline measured in the same run.

``command`` reads the options and prints, ``measurements`` holds one module for each thing measured,
``sampling`` takes the samples, ``figures`` says what came out and whether it is within its gate.
"""
