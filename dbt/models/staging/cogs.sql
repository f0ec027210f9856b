-- The newest list is what the seller knows now, of the past too: a mended cost of March holds in March. It is
-- taken whole, so that a SKU which left it is gone. Which of its rows hold on a day their own validity says.
with days as (
    {{ day_spine() }}
),

latest as (
    select max(day) as snapshot_day
    from {{ ref('stg_costs__cogs') }}
    where {{ tenant_snapshots() }}
)

select
    cogs.tenant_id,
    days.day,
    cogs.sku_master,
    cogs.unit_cost,
    cogs.currency,
    cogs.valid_from,
    cogs.valid_to,
    cogs.day as snapshot_day,
    cogs._ingested_at
from {{ ref('stg_costs__cogs') }} as cogs
inner join latest
    on cogs.day = latest.snapshot_day
inner join days
    on
        cogs.valid_from <= days.day
        and coalesce(cogs.valid_to, days.day) >= days.day
where {{ tenant_snapshots('cogs') }}
