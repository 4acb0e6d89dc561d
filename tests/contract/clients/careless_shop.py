"""An app that does nothing of what CloudAMQP recommends."""

import os

from celery import Celery

app = Celery("shop")
app.config_from_object(
    {
        "CELERY_BROKER_URL": os.environ.get("CLOUDAMQP_URL"),
        "CELERY_BROKER_POOL_LIMIT": 8,
        "CELERY_BROKER_HEARTBEAT": 30,
        "CELERY_BROKER_CONNECTION_TIMEOUT": 2,
        "CELERY_RESULT_BACKEND": "rpc://",
        "CELERY_WORKER_SEND_TASK_EVENTS": True,
        "CELERY_EVENT_QUEUE_EXPIRES": 86400,
        "CELERY_TASK_ALWAYS_EAGER": True,
        "CELERY_TASK_DEFAULT_QUEUE": "orders",
        "CELERY_TASK_DEFAULT_QUEUE_TYPE": "quorum",
    },
    namespace="CELERY",
)
