with ads as (
    select
        day,
        platform,
        account_id,
        max(account_name) as account_name,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        min(case when is_final then 1 else 0 end) as is_final,
        {{ sum_of_all('expected_conversions') }} as expected_conversions,
        {{ sum_of_all('expected_conversions_low') }} as expected_conversions_low,
        {{ sum_of_all('expected_conversions_high') }} as expected_conversions_high,
        {{ sum_of_all('expected_conversion_value') }} as expected_conversion_value
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
    group by day, platform, account_id
),

budgets as (
    select *
    from {{ ref('int_account_budgets') }}
    where {{ tenant_days() }}
),

-- Every known account has a row for each day; so has one that spent before it was ever listed.
spine as (
    select
        day,
        platform,
        account_id
    from ads
    union distinct
    select
        day,
        platform,
        account_id
    from budgets
),

settling as (
    {{ settling() }}
),

joined as (
    select
        spine.day,
        spine.platform,
        spine.account_id,
        coalesce(ads.account_name, budgets.account_name) as account_name,
        {{ money('coalesce(ads.spend, 0)') }} as spend,
        cast(coalesce(ads.impressions, 0) as {{ type_of('whole') }}) as impressions,
        cast(coalesce(ads.clicks, 0) as {{ type_of('whole') }}) as clicks,
        {{ money('coalesce(ads.conversions, 0)') }} as conversions,
        {{ money('coalesce(ads.conversion_value, 0)') }} as conversion_value,
        budgets.daily_budget,
        budgets.unknown_budgets,
        budgets.is_backdated,
        -- An account that shows nothing has nothing to grow from; its day is final when it is old enough.
        coalesce(
            ads.is_final = 1,
            {{ days_between('spine.day', "date '" ~ var('today') ~ "'") }} >= settling.settles_after
        ) as is_final,
        ads.expected_conversions,
        ads.expected_conversions_low,
        ads.expected_conversions_high,
        ads.expected_conversion_value
    from spine
    left join ads
        on
            spine.day = ads.day
            and spine.platform = ads.platform
            and spine.account_id = ads.account_id
    left join budgets
        on
            spine.day = budgets.day
            and spine.platform = budgets.platform
            and spine.account_id = budgets.account_id
    left join settling on spine.platform = settling.platform
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    day as date,
    platform,
    account_id,
    account_name,
    '{{ var("reporting_currency") }}' as currency,
    spend,
    impressions,
    clicks,
    conversions,
    conversion_value,
    {{ ratio('conversion_value', 'spend') }} as roas,
    {{ ratio('spend', 'conversions') }} as cpa,
    {{ ratio('clicks', 'impressions') }} as ctr,
    {{ ratio('spend', 'clicks') }} as cpc,
    {{ multiply_divide('spend', 1000, 'impressions') }} as cpm,
    daily_budget,
    -- What budgets of unknown size paid is in the spend, so the share would be too high.
    case when unknown_budgets = 0 then {{ ratio('spend', 'daily_budget') }} end as budget_utilization,
    unknown_budgets,
    is_backdated as is_budget_backdated,
    is_final,
    expected_conversions,
    expected_conversions_low,
    expected_conversions_high,
    expected_conversion_value
from joined
