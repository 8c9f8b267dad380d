"""Projects, as Jira knows them."""
from fastapi import APIRouter
from sqlalchemy import text

from src.database import engine

router = APIRouter(prefix="/api/jira")


@router.put("/projects/{key}/toggle")
def toggle_project(key: str):
    with engine.begin() as conn:
        return conn.execute(text("UPDATE projects SET is_active = NOT is_active, updated_at = now() WHERE key = :key"), {"key": key})


@router.post("/projects")
def create_project(key: str, name: str):
    with engine.begin() as conn:
        return conn.execute(
            text(
                """
                INSERT INTO projects (key, name, created_at, updated_at)
                VALUES (:key, :name, now(), now())
                """
            ),
            {"key": key, "name": name},
        )
