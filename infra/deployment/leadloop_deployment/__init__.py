"""Brings a bundle onto Google Cloud and takes it away again: ``make deploy`` and ``make destroy``.

``deploying`` and ``destroying`` tell the story, ``google_cloud`` and ``terraform`` are what the two programs of these
names are asked for, ``programs`` runs them, ``terminal`` talks with the person, ``work_folder`` is where a run has its
plans. Nothing is changed before a yes.
"""
