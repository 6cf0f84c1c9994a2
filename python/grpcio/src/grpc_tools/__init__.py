"""``grpc_tools`` is ``yamabiko.grpc_tools``: this module is replaced by it while it is imported."""

from yamabiko._alias import adopt

adopt(__name__, __file__)
