{{ config(meta={'dagster': {'ref': {'name': 'int_marketing_allocation'}}}) }}

-- Every unit of spend stands at an order or unallocated, exactly once.
with spent as (
    select
        day,
        platform,
        sum(spend) as spend
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
    group by day, platform
),

allocated as (
    select
        day,
        ads_platform,
        sum(amount) as amount
    from {{ ref('int_marketing_allocation') }}
    where {{ tenant_days() }}
    group by day, ads_platform
)

select
    coalesce(spent.day, allocated.day) as day,
    coalesce(spent.platform, allocated.ads_platform) as ads_platform,
    spent.spend,
    allocated.amount
from spent
full outer join allocated
    on spent.day = allocated.day and spent.platform = allocated.ads_platform
where coalesce(spent.spend, 0) != coalesce(allocated.amount, 0)
