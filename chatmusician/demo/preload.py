"""Imported once by the process that workers are forked from: everything a job needs, loaded."""

from chatmusician.abc.pictures import by_verovio
from chatmusician.abc.pictures.inside import InsidePool
from chatmusician.demo.jobs import warm

by_verovio.use_pool(InsidePool())
warm()
