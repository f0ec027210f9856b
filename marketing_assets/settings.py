"""Settings of one installation, read from the environment (prefix `MARKETING_`)."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are. Relative paths are taken from the current folder."""

    model_config = SettingsConfigDict(env_prefix="MARKETING_", frozen=True)

    home: Path = Field(Path("data"), description="Folder of warehouse, landing, secrets and state.")
    tenants_dir: Path = Field(Path("tenants"), description="Folder with one YAML file a tenant.")
    tenants: str = Field("", description="Comma list of tenant ids this location serves; empty = all.")
    landing_url: str = Field("", description="Folder or object-store URL of landing; empty = HOME/landing.")
    state_url: str = Field(
        "",
        description="Database of inbox, outbox, incidents and acts, as SQLAlchemy's URL; empty = HOME/state.",
    )
    webhooks_url: str = Field(
        "", description="Public address in front of the webhook receiver; empty = as each request names it."
    )
    dbt_dir: Path = Field(
        Path(__file__).parent.parent / "dbt", description="The dbt project that transforms raw tables."
    )
    dbt_parsed_dir: Path | None = Field(
        None, description="Folder of the parsed dbt project; empty = HOME/dbt/parsed."
    )
    executor: Literal["in_process", "multiprocess", "k8s"] = Field(
        "in_process", description="Where the steps of a run work; the last two need BigQuery."
    )
    warehouse: Literal["duckdb", "bigquery"] = Field("duckdb", description="Which engine holds the tables.")
    environment: Literal["dev", "stg", "prod"] = Field(
        "dev", description="First part of every BigQuery dataset's name, and dbt's target."
    )
    bigquery_project: str = Field("", description="Google Cloud project of the datasets and jobs.")
    bigquery_location: str = Field("US", description="Where datasets are created and jobs run.")
    bigquery_endpoint: str = Field(
        "", description="Address of a server that speaks BigQuery's API; empty = Google's."
    )
    bigquery_partition_expiry_days: int = Field(
        0, ge=0, description="Days after which BigQuery drops a partition of a raw table; 0 = never."
    )
    bigquery_require_partition_filter: bool = Field(
        True, description="Whether BigQuery refuses queries of raw tables that do not name their days."
    )
    bigquery_maximum_bytes_billed: int = Field(
        100 * 1024**3, ge=0, description="Most bytes a query may read before BigQuery refuses it; 0 = any."
    )
    bigquery_threads: int = Field(4, ge=1, description="How many models dbt runs at once on BigQuery.")
    bigquery_retry_seconds: float = Field(
        300, gt=0, description="How long to try to reach BigQuery again when it does not answer."
    )
    bigquery_stage_from_mb: int = Field(
        64, ge=0, description="From which size (10^6 bytes) rows load by way of landing's gs:// bucket."
    )
    bigquery_usd_per_tib: Decimal = Field(
        Decimal("6.25"), ge=0, description="Price of 2^40 bytes billed, in US dollars, for `ops.run_history`."
    )
    duckdb_memory_limit: str = Field("1GB", description="Memory a DuckDB connection may use before spilling.")
    lock_timeout_seconds: float = Field(
        600, description="How long to wait for another writer of a tenant file."
    )
    token_store: str = Field(
        "file",
        description="Where access tokens are kept: `file` (encrypted, in HOME/tokens) or `google:PROJECT`.",
    )
    token_key: SecretStr = Field(
        SecretStr(""),
        description="Fernet keys of token files, by commas, newest first; empty = HOME/keys/tokens.key.",
    )

    @cached_property
    def landing(self) -> str:
        return self.landing_url or str((self.home / "landing").absolute())

    @property
    def parsed_dir(self) -> Path:
        return (self.dbt_parsed_dir or self.home / "dbt" / "parsed").absolute()

    @property
    def secrets_dir(self) -> Path:
        return self.home / "secrets"

    @property
    def keys_dir(self) -> Path:
        return self.home / "keys"

    @property
    def tokens_dir(self) -> Path:
        return self.home / "tokens"

    def warehouse_file(self, tenant_id: str) -> Path:
        """The DuckDB file of a tenant."""
        return (self.home / "warehouse" / f"{tenant_id}.duckdb").absolute()


def load_settings() -> Settings:
    """The settings as the environment gives them now (not cached: tests and tools change it)."""
    return Settings()
