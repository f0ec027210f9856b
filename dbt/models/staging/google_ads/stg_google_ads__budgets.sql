with accounts as (
    select *
    from {{ source('google_ads', 'google_ads_accounts') }}
    where {{ tenant_days() }}
),

-- A budget can be spent while one of the campaigns that share it runs.
spenders as (
    select
        day,
        account_id,
        budget_id,
        max(case
            when
                campaign_status = 'ENABLED'
                and coalesce(serving_status, 'SERVING') not in ('ENDED', 'PENDING', 'SUSPENDED')
                then 1
            else 0
        end) as running
    from {{ source('google_ads', 'google_ads_campaigns') }}
    where {{ tenant_days() }}
    group by day, account_id, budget_id
)

select
    budgets.tenant_id,
    budgets.day,
    'google_ads' as platform,
    budgets.account_id,
    accounts.account_name,
    budgets.budget_id,
    case when budgets.is_shared then 'shared' else 'campaign' end as budget_level,
    coalesce(spenders.running, 0) = 1 as is_active,
    cast(null as {{ type_of('day') }}) as first_day,
    cast(null as {{ type_of('day') }}) as last_day,
    -- Of a budget for a whole period the days are not told, so nobody can tell a day's part.
    case when budgets.period = 'CUSTOM_PERIOD' then null else budgets.amount end as daily_amount,
    budgets.currency_code as currency,
    budgets._ingested_at
from {{ source('google_ads', 'google_ads_campaign_budgets') }} as budgets
left join spenders
    on
        budgets.day = spenders.day
        and budgets.account_id = spenders.account_id
        and budgets.budget_id = spenders.budget_id
left join accounts
    on budgets.day = accounts.day and budgets.account_id = accounts.account_id
where {{ tenant_days('budgets') }}
