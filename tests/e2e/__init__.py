"""The whole program as a subprocess, on real dynos, real workers and a real RabbitMQ."""
