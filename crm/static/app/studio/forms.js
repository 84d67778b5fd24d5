// The editor of forms.
