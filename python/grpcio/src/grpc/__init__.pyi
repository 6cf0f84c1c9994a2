# For type checkers, which cannot see a module being replaced.
from yamabiko.grpc import *
from yamabiko.grpc import __version__ as __version__
from yamabiko.grpc import __yamabiko_version__ as __yamabiko_version__

from . import aio as aio
from . import experimental as experimental
