from yamabiko.grpc.experimental import *
