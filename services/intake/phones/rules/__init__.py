"""Pure rules of declarations by phone: values, short form, dialogue, and their texts."""
