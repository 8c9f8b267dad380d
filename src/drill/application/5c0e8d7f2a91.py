"""create_user_and_ingestions"""
from alembic import op
import sqlalchemy as sa

revision = "5c0e8d7f2a91"
down_revision = "1a31ce608336"


def upgrade():
    # fracas: confirmed, neither table exists before this revision
    op.create_table("user", *user_columns())
    # fracas: confirmed, neither table exists before this revision
    op.create_table("ingestions", *ingestions_columns())


def downgrade():
    # fracas: confirmed, going back this far takes the tables with it
    op.drop_table("ingestions")
    # fracas: confirmed, going back this far takes the tables with it
    op.drop_table("user")
