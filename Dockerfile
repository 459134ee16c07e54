# For the Astro CLI: `astro dev start` or `astro deploy` in this folder. docs/deploying.md says what was tried.
#
# The image ending in -base leaves requirements.txt alone: here that file is the development environment, with an Airflow
# of its own. Take the newest image of Airflow 3.3; the build ends where its Airflow is too old.
FROM astrocrpublic.azurecr.io/runtime:3.3-8-base

USER root
COPY pyproject.toml README.md LICENSE /tmp/alva-lever/
COPY plugins/ /tmp/alva-lever/plugins/
RUN pip install --no-cache-dir "apache-airflow-providers-http>=6" "email-validator>=2" \
    && pip install --no-cache-dir --no-deps /tmp/alva-lever \
    && rm -r /tmp/alva-lever \
    && python -c "from importlib.metadata import version as v; from packaging.version import Version; \
found = v('apache-airflow-core'); assert Version(found) >= Version('3.3.0'), f'Airflow {found} is older than 3.3.0'"
USER astro

COPY --chown=astro:0 dags/ /usr/local/airflow/dags/
