/* As a plugin of the next major would look to this host. */
const void *weir_plugin_register_v2(const void *host, void *error);

__attribute__((visibility("default"))) const void *weir_plugin_register_v2(
    const void *host, void *error)
{
    (void)host;
    (void)error;
    return 0;
}
