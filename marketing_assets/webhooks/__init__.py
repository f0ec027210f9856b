"""What shops push: a receiver with a durable inbox, and the sensors that turn news into runs."""
