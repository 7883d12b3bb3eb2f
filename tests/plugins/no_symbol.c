int weir_is_not_registered(void);

__attribute__((visibility("default"))) int weir_is_not_registered(void)
{
    return 0;
}
