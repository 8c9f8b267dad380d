"""create_extraction_status"""
from alembic import op
import sqlalchemy as sa

revision = "1a31ce608336"
down_revision = None


def upgrade():
    sa.Enum("uploaded", "ocr_processing", "ready_for_review", "approved", "rejected", name="extractionstatus").create(op.get_bind())


def downgrade():
    sa.Enum(name="extractionstatus").drop(op.get_bind())
