"""What a stack has once for all its functions: failure queues, spool, network, host roles, logs."""
