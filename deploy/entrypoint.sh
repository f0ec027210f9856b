#!/bin/sh
# Prepares what a container with a read-only file system lacks, and becomes the command.
set -eu
# Dagster reads its settings from DAGSTER_HOME and makes folders there.
if [ -f "${DAGSTER_CONFIG:-}" ]; then
  mkdir -p "$DAGSTER_HOME"
  cp "$DAGSTER_CONFIG" "$DAGSTER_HOME/dagster.yaml"
fi
# libpq takes no password from a file that others of the machine may read, and secrets are mounted so.
if [ -n "${PGPASSWORD_FILE:-}" ]; then
  PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
  export PGPASSWORD
fi
exec "$@"
