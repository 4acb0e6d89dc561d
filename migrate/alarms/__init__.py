"""The alarms of a CloudAMQP instance and whom they tell: read from one, merged into another."""
