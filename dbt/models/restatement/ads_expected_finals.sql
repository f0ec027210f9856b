{{ expected_finals(
    ref('ads_observations'), 'account_id',
    ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'], needs_late_look=true
) }}
