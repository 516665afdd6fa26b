"""Stages one reproducible zip per function, ready to deploy: ``python -m leadloop_packaging --policy leadloop.yaml``.

``contents`` says which files a package holds, ``requirements`` what is installed beside them, ``archive`` makes
bytes of both, ``staging`` puts the packages and their index into a folder.
"""
