# One instance of Earshot, for docs/scaling/compose.yaml. Build it from the project's folder: docker build -t earshot .
# Node of the major that package.json pins: the pinned one itself is a development package and stays out.
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
# No package of ours needs its install script to run.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY . .
# A volume that is mounted here takes this owner over. All else belongs to root, and the program cannot change it.
RUN install --directory --owner=node --group=node --mode=700 data data/keys

USER node
EXPOSE 3978
CMD ["node", "src/main.ts"]
