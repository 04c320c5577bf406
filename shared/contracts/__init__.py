"""The contracts between services: values, events, topics. Nothing else crosses from service to service."""
