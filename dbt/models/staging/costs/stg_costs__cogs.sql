select
    tenant_id,
    day,
    sku_master,
    unit_cost,
    currency,
    valid_from,
    valid_to,
    _ingested_at
from {{ source('costs', 'cogs') }}
where {{ tenant_days() }}
