"""The ledger: which groups of a service stand still, as its heartbeat says."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("halted", "paused"):
        op.add_column(
            "beat",
            sa.Column(name, sa.ARRAY(sa.String(64)), nullable=False, server_default="{}"),
            schema="ledger",
        )
