from yamabiko.grpc_tools.protoc import *
