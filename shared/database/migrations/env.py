"""Alembic's entry: one branch of versions for each schema, run on the connection that `prepare` holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
