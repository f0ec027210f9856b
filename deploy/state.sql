-- The platform's own state (inbox, outbox, incidents, acts) stands apart from Dagster's tables.
create database marketing_state;
