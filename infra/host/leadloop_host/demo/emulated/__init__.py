"""The demo as a cloud would run it: packaged functions, each a process, on Google's Firestore and Pub/Sub emulators.

``stage`` puts it together, ``servers`` runs the packages, ``world`` waits until all is quiet.
"""
