"""The web page and the REST API: a thin shell over the other packages (docs/demo.md).

From the outside in:

- ``server`` puts it together and serves it; ``settings`` is what it is started with, and the
  limits; ``guard`` stands before every request (names, origins, passwords, sizes, paths).
- ``api`` is the REST API, ``api_listen`` the part of it that listens, with the ``shapes`` of what
  they take and give, ``api_errors``, ``threads`` and ``api_page``, its documentation. ``page`` is
  the gradio page with its tabs: ``compose_tab``, ``listen_tab``, ``chat_tab``, ``history_tab``;
  ``editor`` is what two of them share; ``html`` is the one place where text becomes HTML;
  ``static/`` holds the scripts that draw, play, light and record (they ask the REST API) and the
  styles.
- Both sit on ``studio``: orders to the model as plain data. ``desk`` holds the model and the
  ``line`` before it, ``stream`` watches work in a thread, ``growing`` cuts what can be drawn
  already.
- ``listening`` starts ``hearing``, a process of its own for every recording; ``questions`` are
  about what was heard, or about any tune.
- ``scores`` makes pictures and files of one tune, ``svg`` makes the pictures safe, ``timing``
  tells when each note sounds; ``changes`` makes requests of the tune in the editor; ``uploads``
  reads what users bring; ``history`` is the session as data.
"""
