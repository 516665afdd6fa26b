"""Form posts: bytes of any kind, read, and reduced to the ``Submission`` that may travel.

Read in this order: ``body`` (bytes → named fields), ``field_names`` (what people call a phone, a ClientID,
a page), ``builders`` (one file per site builder), ``form_post`` (what a form offers), ``submission`` (what
of it may travel, by the contacts mode), ``capture`` (from a request's bytes to a message). ``callers`` tells
who posts, and what a browser is answered.
"""
