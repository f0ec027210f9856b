with accounts as (
    select *
    from {{ source('meta_ads', 'meta_ads_accounts') }}
    where {{ tenant_days() }}
),

campaigns as (
    select
        *,
        coalesce(daily_budget, 0) != 0 or coalesce(lifetime_budget, 0) != 0 as has_budget
    from {{ source('meta_ads', 'meta_ads_campaigns') }}
    where {{ tenant_days() }}
),

adsets as (
    select *
    from {{ source('meta_ads', 'meta_ads_adsets') }}
    where {{ tenant_days() }}
),

-- A campaign with a budget shares it out among its ad sets; without one, each ad set has its own.
told as (
    select
        day,
        account_id,
        id as budget_id,
        'campaign' as budget_level,
        effective_status,
        daily_budget,
        lifetime_budget,
        start_time,
        stop_time as end_time,
        currency,
        _ingested_at
    from campaigns
    where has_budget
    union all
    select
        adsets.day,
        adsets.account_id,
        adsets.id as budget_id,
        'adset' as budget_level,
        adsets.effective_status,
        adsets.daily_budget,
        adsets.lifetime_budget,
        adsets.start_time,
        adsets.end_time,
        adsets.currency,
        adsets._ingested_at
    from adsets
    left join campaigns
        on
            adsets.day = campaigns.day
            and adsets.account_id = campaigns.account_id
            and adsets.campaign_id = campaigns.id
    where
        (coalesce(adsets.daily_budget, 0) != 0 or coalesce(adsets.lifetime_budget, 0) != 0)
        and not coalesce(campaigns.has_budget, false)
),

-- An account without its snapshot is taken to have the tenant's days, as its ads are.
zoned as (
    select
        told.*,
        accounts.name as account_name,
        -- Meta tells budgets in hundredths, those in these currencies in whole units.
        case
            when told.currency in (
                'CLP', 'COP', 'CRC', 'HUF', 'ISK', 'IDR', 'JPY', 'KRW', 'PYG', 'TWD', 'VND'
            ) then 1
            else 100
        end as minor_units,
        coalesce(accounts.timezone_name, '{{ var("time_zone") }}') as time_zone
    from told
    left join accounts
        on told.day = accounts.day and told.account_id = accounts.account_id
),

dated as (
    select
        *,
        {{ local_day('start_time', 'time_zone') }} as first_day,
        {{ last_local_day('end_time', 'time_zone') }} as last_day
    from zoned
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    'meta_ads' as platform,
    account_id,
    account_name,
    budget_id,
    budget_level,
    effective_status = 'ACTIVE' as is_active,
    first_day,
    last_day,
    case
        when coalesce(daily_budget, 0) != 0 then {{ multiply_divide('daily_budget', 1, 'minor_units') }}
        -- A budget for the whole time is spread evenly; without both ends nobody can tell a day's part.
        else {{ multiply_divide(
            'lifetime_budget', 1, 'minor_units * (' ~ days_between('first_day', 'last_day') ~ ' + 1)'
        ) }}
    end as daily_amount,
    currency,
    _ingested_at
from dated
