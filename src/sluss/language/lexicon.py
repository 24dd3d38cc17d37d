"""Words that a person should look at, by language and by what they are. Data alone; how it is matched says `screening.py`.

One entry per word: `stem*` begins a word, `two_words` follow each other, `=word` must be spelt so with its accents (taken off, it is
another, innocent word), `?word` counts only where the text is taken to be in that language (elsewhere it is innocent), `-word` is innocent
though it begins like another. The lists are short on purpose: a workspace adds its own words, and learns from what people decide.
They flag for a person, they prove nothing.
"""

from __future__ import annotations

ABUSE = {
    "sv": (
        "idiot* -idiotisk* -idiotsäk* korkad* dumskalle* dumhuvud* pucko* mongo mongon mongot efterbliv* cp_skad* =hora "
        "=horor horung* slampa* slyna* fitta* =fittor kuksug* kukhuvud* rövhål* rövslick* as_hål ashål* avskum* äckel "
        "äckliga_människ* jävla_as jävla_svin svinpäls* jävla_kärring jävla_gubb* värdelösa_människ* dra_åt_helvete "
        "håll_käften håll_käft knulla_dig sug_kuk sug_min idiotiska_människ* lurendrejare ?kräk ?as ?svin miffo* "
        "psykfall* ?tönt* skitstövel* jubelidiot*"
    ),
    "en": (
        "idiot* -idiotic* -idiotproof moron* imbecile* stupid_people asshole* arsehole* bastard* bitch* cunt* dickhead* "
        "douchebag* fuck_you fuck_off fuckoff* fuckyou* motherfuck* retard* scumbag* wanker* twat* whore* ?slut ?sluts "
        "dumbass* jackass* piece_of_shit pieces_of_shit shut_up go_to_hell screw_you ?pig ?pigs ?morons bunch_of_clowns "
        "?loser ?losers useless_people son_of_a prick*_like ?prick ?pricks"
    ),
    "pl": (
        "idiot* -idiotyczn* debil* kretyn* matoł* półgłówek* głupek* głupki dureń durni* ?szmato ?szmata ?szmaty "
        "kurwa_mać ?kurwo skurwysyn* skurwiel* sukinsyn* ?suka ?suko dziwk* pizd* ?cip* chuj* chuju ?huj ?huju jebany "
        "jebana jebani jebane jebańc* jeb_się spierdala* odpierdol* wypierdala* zajeban* frajer* gnoj* gnój ?gnida "
        "?gnidy ?świnia ?świnie ?świnio śmieci*_jeste* oszołom* niedorozwin* niedorobion* pojeb* popierdol* zamknij_się "
        "zamknij_mordę wal_się łajdak* kanalia kanalie bydlak* padalec* złodziej* oszuści ?oszust*"
    ),
    "no": (
        "idiot* dritthue* drittsekk* fitte* =hore =horer kukhode* rasshøl* rasshull* tulling* tosken hold_kjeft "
        "dra_til_helvete jævla_idiot*"
    ),
    "da": "idiot* røvhul* kælling* luder* svinehund* fjols* hold_kæft skrid_ad_helvede dumme_svin",
    "fi": ("idioot* kusipää* mulkku* mulkvist* huora* ääliö* vittu_sä haista_vittu haista_paska turpa_kiinni paskiai* kusip*"),
    "de": (
        "idiot* arschloch* arschlöcher* wichser* hurensohn* hurensöhne* schlampe* fotze* trottel* vollidiot* drecksau* "
        "missgeburt* halt_die_fresse fick_dich verpiss_dich ?schwein ?schweine ?penner spast*"
    ),
    "nl": (
        "idioot idioten klootzak* hoer* kut_wijf kutwijf* kankerlij* sukkel* eikel* lul_de hoerenzoon* rot_op "
        "flikker_op tyfus* mongool* achterlijk*"
    ),
    "fr": (
        "connard* connasse* salope* salaud* enculé* encule* fils_de_pute ?pute ?putes abruti* crétin* débile* ta_gueule "
        "nique_ta va_te_faire imbécile*"
    ),
    "es": (
        "idiota* imbécil* gilipollas* cabrón* cabron* hijo_de_puta hijos_de_puta ?puta ?putas pendej* estúpid* maricón* "
        "subnormal* vete_a_la"
    ),
    "it": ("idiota* stronz* coglion* bastard* puttan* ?troia vaffanculo figlio_di_puttana deficient* imbecill* cretin* testa_di_cazzo"),
    "pt": (
        "idiota* filho_da_puta filhos_da_puta cabrão* cabrao* vadia* otári* otario* imbecil* vai_te_foder vai_tomar ?puta ?putas burro_do"
    ),
}
"""Said against somebody."""

THREAT = {
    "sv": (
        "döda_dig döda_er döda_dem döda_honom döda_henne dödar_dig dödar_er slå_ihjäl slår_ihjäl mörda* skjuta_dig "
        "skjuta_er skjuter_dig skjuter_er knivhugg* spränga spränger vi_ses_utanför vet_var_du_bor vet_var_ni_bor "
        "vet_var_du_jobbar vet_var_ni_jobbar vet_var_dina ska_få_ångra kommer_få_ångra kommer_att_få_ångra ska_dö "
        "borde_dö borde_skjutas hämnd* tända_eld tänder_eld tänder_på spöa_dig spöa_er bryta_benen_på hänga_er "
        "hänga_dig du_är_död ni_är_döda passa_dig_jävligt"
    ),
    "en": (
        "kill_you kill_them kill_him kill_her kill_your kill_yourself killing_you going_to_kill gonna_kill murder_you "
        "shoot_you shoot_up stab_you know_where_you_live know_where_you_work know_where_your find_you_and "
        "find_where_you watch_your_back you_will_regret you'll_regret hope_you_die you_should_die burn_your "
        "burn_it_down burn_down bomb_your bomb_your_office blow_up_your blow_you_up beat_you_up beat_the_shit "
        "break_your_legs break_your_neck you_are_dead you're_dead you_will_pay_with hang_you coming_for_you"
    ),
    "pl": (
        "zabiję zabije_cię zabije_was zabić_cię zabić_was zabijemy zamorduj* zastrzel* zadźga* wiem_gdzie_mieszkasz "
        "wiem_gdzie_mieszkacie wiem_gdzie_pracujesz wiem_gdzie_pracujecie znajdę_cię znajdę_was znajde_cie pożałujesz* "
        "pożałujecie* zdechni* zdechnij powinieneś_zdechnąć powinniście_zdechnąć spalę_wam spalę_was podpal* wysadz* "
        "połamię_ci połamie_ci nogi_z_dupy powieszę dorwę_cię dorwę_was już_nie_żyjesz jesteś_trupem"
    ),
    "no": "drepe_deg drepe_dere drepe_dem vet_hvor_du_bor vet_hvor_dere skyte_deg banke_deg du_er_død kommer_til_å_angre",
    "da": "slå_dig_ihjel slå_jer_ihjel dræbe_dig dræbe_jer ved_hvor_du_bor skyde_dig banke_dig kommer_til_at_fortryde",
    "fi": "tapan_sinut tapan_sut tapan_teidät tiedän_missä_asut ammun_sinut polta_talon kuole_pois",
    "de": (
        "bringe_dich_um bringe_euch_um bring_dich_um umbringen weiß_wo_du_wohnst weiss_wo_du_wohnst ich_töte abstechen "
        "erschieß* wirst_es_bereuen"
    ),
    "nl": "vermoord* maak_je_af maak_jullie_af weet_waar_je_woont weet_waar_jullie schiet_je steek_je doodschieten",
    "fr": "te_tuer vous_tuer je_vais_te_tuer sais_où_tu_habites sais_ou_tu_habites crever_ta vas_le_regretter",
    "es": "te_voy_a_matar os_voy_a_matar matarte mataros sé_dónde_vives se_donde_vives te_vas_a_arrepentir",
    "it": "ti_ammazzo vi_ammazzo ti_uccido vi_uccido so_dove_abiti so_dove_vivi te_ne_pentirai",
    "pt": "vou_te_matar te_matar matar_vocês sei_onde_moras sei_onde_você_mora vais_te_arrepender",
}
"""Of violence, or of being found."""

HATE = {
    "sv": (
        "neger* =blatte blattar* svartskall* zigenarjäv* judejäv* bögjäv* jävla_bög* jävla_araber jävla_muslim* "
        "jävla_utlänning* åk_hem_till ut_ur_vårt_land turkjäv* polackjäv* ryssjäv*"
    ),
    "en": "nigger* nigga* faggot* kike* chink* pakis tranny* go_back_to_your_country subhuman* sand_nigg* gas_the",
    "pl": (
        "czarnuch* asfalt_jeb* ?pedał* ?pedal* ciapat* żydek* żydki jebać_żyd* jebac_zyd* ?brudas* ?kacap* ?banderow* "
        "wracaj_do_siebie wracajcie_do_siebie"
    ),
    "no": "jævla_neger* svarting* jævla_homo* dra_hjem_til",
    "da": "perker* jøde_svin skrid_hjem_til",
    "fi": "neekeri* ryssä_saata* hintti*",
    "de": "neger* kanake* judensau* schwuchtel* ausländer_raus untermensch*",
    "nl": "kut_marokka* kutmarokk* neger* flikkers jodenstr*",
    "fr": "sale_arabe sale_juif sale_noir bougnoul* négro* pédé_de",
    "es": "sudaca* moro_de_mierda negro_de_mierda maricón_de",
    "it": "negro_di_merda frocio_di terrone_di ricchione*",
    "pt": "preto_de_merda macaco_de viado_de",
}
"""Against people for what they are."""

COARSE = {
    "sv": (
        "fan_också för_fan jävla* jävlig* jävlar helvete* skit skiten skitbolag* skitservice* skitdålig* piss_service "
        "kuk åt_helvete förbannad* rasande skandal* inkompetent* patetisk* bedrägeri* bluff* lurad* lurade skäms "
        "skamligt åt_fanders värdelös* uselt usel usla urusel* katastrof* oacceptabel* aldrig_mer anmäl* polisanmäl*"
    ),
    "en": (
        "fuck* shit* damn* bullshit* crap crappy wtf bloody scam* fraud* furious incompetent* pathetic disgusting "
        "disgrace* outrag* ashamed shameful ripoff rip_off thieves worst_company worst_service unacceptable never_again "
        "terrible horrible awful report_you sue_you lawyer"
    ),
    "pl": (
        "kurwa* kurw* cholera cholern* gówn* gown* jeba* wkurw* wkurzon* zajebi* dupa dupy skandal* oszustwo oszukal* "
        "oszukuj* złodziejstw* wstyd żenad* zenad* tragedia masakra kpina kpiny beznadziej* nigdy_więcej nigdy_wiecej "
        "zgłoszę =sąd uokik dno"
    ),
    "no": "faen* helvete* jævla* dritt* skandale* aldri_mer svindel*",
    "da": "fanden* helvede* lort* skandale* aldrig_mere svindel*",
    "fi": "perkele* vittu* saatana* paska* helvetti* huijau* törke*",
    "de": "scheiß* scheiss* verdammt* kacke betrug* frechheit unverschämt* nie_wieder katastroph*",
    "nl": "godverdomme kut* kloten schandalig* oplichter* nooit_meer waardeloos*",
    "fr": "merde putain honteux scandale* arnaque* plus_jamais inadmissible*",
    "es": "mierda joder vergüenza verguenza estafa* nunca_más inaceptable*",
    "it": "merda cazzo vergogn* truffa* mai_più inaccettabil*",
    "pt": "merda caralho vergonha burla* nunca_mais inaceitável*",
}
"""Anger and oaths that are said of a matter. They make a message hot, and are no offence by themselves."""

SPAM = {
    "sv": (
        "tjäna_pengar snabba_pengar passiv_inkomst gratis_pengar lån_utan casino_utan bitcoin* krypto_invest* "
        "klicka_här vinn_en du_har_vunnit följ_min kolla_min skriv_till_mig_på bli_rik jobba_hemifrån investera_i"
    ),
    "en": (
        "make_money earn_money passive_income free_money work_from_home bitcoin* crypto_invest* forex binary_options "
        "click_here you_have_won claim_your gift_card giveaway follow_me check_my check_out_my dm_me_for dm_to_earn "
        "whatsapp_me text_me_on onlyfans* hot_girls viagra* casino_bonus recovered_my recover_your_account hack_any "
        "loan_offer thanks_to_mr thanks_to_mrs trader_who"
    ),
    "pl": (
        "zarabiaj* zarobić_online szybki_zarobek dochód_pasywny darmowe_pieniądze bitcoin* krypto_inwest* kliknij_tutaj "
        "wygrałeś odbierz_nagrod* pożyczka_bez praca_z_domu napisz_do_mnie_na obserwuj_mój sprawdź_mój zainwestuj_w "
        "chwilówk*"
    ),
    "no": "tjen_penger raske_penger klikk_her du_har_vunnet bitcoin*",
    "da": "tjen_penge hurtige_penge klik_her du_har_vundet bitcoin*",
    "fi": "ansaitse_rahaa helppoa_rahaa klikkaa_tästä olet_voittanut bitcoin*",
    "de": "geld_verdienen schnelles_geld klick_hier sie_haben_gewonnen bitcoin* kredit_ohne",
    "nl": "geld_verdienen snel_geld klik_hier je_hebt_gewonnen bitcoin*",
    "fr": "gagner_de_l'argent argent_facile cliquez_ici vous_avez_gagné bitcoin* prêt_entre",
    "es": "ganar_dinero dinero_fácil haz_clic_aquí has_ganado bitcoin* préstamo_sin",
    "it": "guadagnare_soldi soldi_facili clicca_qui hai_vinto bitcoin* prestito_senza",
    "pt": "ganhar_dinheiro dinheiro_fácil clique_aqui você_ganhou bitcoin* empréstimo_sem",
}
"""Offers that nobody asked for."""

KINDS = {"threat": THREAT, "hate": HATE, "abuse": ABUSE, "coarse": COARSE, "spam": SPAM}
