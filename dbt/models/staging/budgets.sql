{{ union_platforms('budgets', ['meta_ads', 'google_ads'], {
    'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'account_id': 'text', 'account_name': 'text',
    'budget_id': 'text', 'budget_level': 'text', 'is_active': 'flag', 'first_day': 'day',
    'last_day': 'day', 'daily_amount': 'money', 'currency': 'text', '_ingested_at': 'instant'
}) }}
