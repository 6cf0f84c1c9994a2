from yamabiko.grpc_tools.command import *
