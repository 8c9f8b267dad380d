"""create_tables"""
from pathlib import Path

from alembic import op

revision = "6d0f3b9e27a1"
down_revision = None


def upgrade():
    op.execute(Path("alembic/tables.sql").read_text())


def downgrade():
    # fracas: confirmed, before the first migration there is nothing
    op.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
