-- An account's snapshot stands as a whole: what was made after it was taken was not there on the day.
with in_force as (
    {{ snapshots_in_force(ref('budgets'), ['platform', 'account_id']) }}
),

budgets as (
    select
        in_force.day,
        in_force.platform,
        in_force.account_id,
        in_force.snapshot_day,
        in_force.is_backdated,
        budgets.account_name,
        budgets.currency,
        budgets.daily_amount,
        budgets.is_active
        and (budgets.first_day is null or in_force.day >= budgets.first_day)
        and (budgets.last_day is null or in_force.day <= budgets.last_day) as is_in_force
    from in_force
    inner join {{ ref('budgets') }} as budgets
        on
            in_force.snapshot_day = budgets.day
            and in_force.platform = budgets.platform
            and in_force.account_id = budgets.account_id
    where {{ tenant_snapshots('budgets') }}
),

accounts as (
    select
        day,
        platform,
        account_id,
        snapshot_day,
        is_backdated,
        -- One account has one name and one currency.
        max(account_name) as account_name,
        max(currency) as currency,
        sum(case when is_in_force then 1 else 0 end) as budgets,
        sum(case when is_in_force and daily_amount is null then 1 else 0 end) as unknown_budgets,
        sum(case when is_in_force then daily_amount end) as known_amount
    from budgets
    group by day, platform, account_id, snapshot_day, is_backdated
),

amounts as (
    select
        *,
        case when unknown_budgets = 0 then coalesce(known_amount, 0) else known_amount end as daily_amount
    from accounts
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    amounts.day,
    amounts.platform,
    amounts.account_id,
    amounts.account_name,
    cast(amounts.budgets as {{ type_of('whole') }}) as budgets,
    cast(amounts.unknown_budgets as {{ type_of('whole') }}) as unknown_budgets,
    {{ convert(
        'amounts.daily_amount', 'amounts.currency', "'" ~ var('reporting_currency') ~ "'", 'rates.rate',
        'rates.reporting_rate'
    ) }} as daily_budget,
    '{{ var("reporting_currency") }}' as currency,
    amounts.snapshot_day,
    amounts.is_backdated
from amounts
left join {{ ref('fx_rates') }} as rates
    on amounts.day = rates.day and amounts.currency = rates.currency and {{ tenant_days('rates') }}
