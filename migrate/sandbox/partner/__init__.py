"""CloudAMQP, the partner behind the add-on, on a private RabbitMQ."""
