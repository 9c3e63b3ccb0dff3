typedef int settings_placeholder;
