from yamabiko.grpc.aio import *
