"""A local Heroku: the Platform API, dynos as real processes, and CloudAMQP as a real private RabbitMQ."""
