"""The place where grpcio has its compiled core, for those who look into it."""
